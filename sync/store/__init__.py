"""The hub's database: agreed records, what each replica last showed, and the lists people work off."""
