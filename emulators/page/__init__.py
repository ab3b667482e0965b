"""The page to look at: both services as editable grids, and the mailbox. It speaks the services' own API, as a person."""
