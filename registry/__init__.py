"""Records: certificates, people, policy, status lists, settings, MongoDB, the base page."""
