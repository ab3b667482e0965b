"""What a valid row is: schema, field types, Chinese identifiers, rules. A leaf: does no I/O."""
