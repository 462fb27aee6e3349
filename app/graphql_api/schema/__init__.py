"""The types that are served, made by strawberry from `app.graphql_api.model`."""
