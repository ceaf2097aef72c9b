"""Statistics by the standard library alone, one statistic a file; each names its formula's source."""
