"""Posts: ten stages from CRUD to a container."""
