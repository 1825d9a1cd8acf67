"""Running a scan: the one loop, what feeds it, what listens to it."""
