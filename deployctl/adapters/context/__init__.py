"""Packing a build context: what travels (`selection`), and as which bytes (`archive`, `gzip_blocks`)."""
