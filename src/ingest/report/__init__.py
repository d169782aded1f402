"""What a run or a page looks like to a person."""
