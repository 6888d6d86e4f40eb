"""Making a model ready to serve: choose, fetch, export, fuse, quantise, check. Serving never imports it."""
