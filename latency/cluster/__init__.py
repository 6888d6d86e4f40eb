"""Several servers behind HAProxy while people type: a rolling restart, a kill, servers that are added, and
the number of people that one and two servers carry.

person → scenarios → report. The people of `pinned` are those of `latency.capacity`, in their own processes.
"""
