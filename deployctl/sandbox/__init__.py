"""An embedded cluster, registry and cloud: real wire protocols over https, for rehearsals and tests.

Imports nothing of deployctl outside this package, so that it cannot share a mistake with what it tests.
"""
