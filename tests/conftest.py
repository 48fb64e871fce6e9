"""What holds for every test."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# Wall time fails no test here: on a busy machine the same example takes ten times as long.
settings.register_profile(
    "calm", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("calm")

# A run that a script started in the background has Ctrl-C switched off, and so would have all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
