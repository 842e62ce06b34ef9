"""One folder with everything a paper needs: masks, pictures, tables, plots and a report."""
