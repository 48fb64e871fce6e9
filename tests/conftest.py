"""What holds for every test."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# Wall time fails no test here: on a busy machine the same example takes ten times as long.
PROFILES = {"calm": 60, "thorough": 1000}
"""Examples of each property; HYPOTHESIS_PROFILE=thorough for the many."""
for profile, examples in PROFILES.items():
    settings.register_profile(
        profile,
        deadline=None,
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "calm"))

# A run that a script started in the background has Ctrl-C switched off, and so would have all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
