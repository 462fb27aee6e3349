"""Who there is and who may do what: people, services, their credentials, roles and permissions."""
