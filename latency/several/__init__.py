"""Several servers behind HAProxy on this machine, and clients that type at them."""
