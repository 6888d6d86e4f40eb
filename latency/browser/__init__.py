"""The prepared model inside a browser, as an experiment: `python -m latency.browser`."""
