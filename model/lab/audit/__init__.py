"""What labelled pictures hold beside their labels: copies, patients, marks, style."""
