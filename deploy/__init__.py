"""Files for several servers. docs/many-machines.md describes them."""
