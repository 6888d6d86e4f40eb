"""A real control plane of Kubernetes on one machine, with real servers in place of containers: README.md."""
