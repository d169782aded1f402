"""A small news web on real sockets: many hosts on loopback addresses, articles with known truth, and faults."""
