"""The control plane's loops: one file a controller, `manager` starts them, `kit/` is what they share."""
