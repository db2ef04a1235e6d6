"""Commands: options in, one library call, tables or JSON out."""
