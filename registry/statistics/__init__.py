"""Statistics: counted as events happen, shown with small cells withheld."""
