"""Speed and quality, measured against peers: see README.md."""
