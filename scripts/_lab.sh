# Sourced by the scripts that need a real cluster, after _environment.sh: brings the lab up and has it taken down at the end.
# The lab is a program that starts a real cluster on this machine; $DEPLOYCTL_LAB names it (by default the one beside
# the checkout, in shared/lab). It needs root, Go, and Debian's packages, which scripts/lab-packages installs.
# DEPLOYCTL_LAB_KEEP=1 uses a lab that is already up and leaves it up.
# $@: further arguments of `lab up`, such as `--pull-mbps 25`.
lab=${DEPLOYCTL_LAB:-$root/../shared/lab/lab}

bring_lab_up() {
    if [ -z "${DEPLOYCTL_LAB_KEEP:-}" ]; then
        scripts/lab-packages
        trap '"$lab" down' EXIT
        "$lab" up --nodes 2 --memory 2300 "$@" >/dev/null
    fi
    eval "$("$lab" env)"
    export DEPLOYCTL_LAB="$lab" PATH="$venv/bin:$PATH"
}
