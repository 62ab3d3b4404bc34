"""A recorded year, lived through day by day: rows are served, labels come late, monitoring decides, training follows."""
