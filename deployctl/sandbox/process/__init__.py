"""Starting, finding and stopping a sandbox."""
