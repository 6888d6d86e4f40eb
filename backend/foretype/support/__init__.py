"""What every room may use: settings, logs, metrics, clocks, facts about this machine, pictures of figures."""
