"""What does not serve: labelled pictures, training, evaluation, audit, reproduction."""
