"""How strong an expression may be before the person is lost."""
