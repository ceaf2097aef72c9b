"""The pure heart: no clock, no disk, no network, no screen. Time is always an argument."""
