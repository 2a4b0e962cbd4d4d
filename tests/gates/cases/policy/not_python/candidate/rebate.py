def per_cent(pieces:
