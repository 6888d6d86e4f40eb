"""Code for every package: settings, logs, metrics, clocks, facts about this machine, pictures of figures."""
