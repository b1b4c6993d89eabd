"""The look: components, layouts, template tags, doors that state their audience, problem pages; and the way out."""
