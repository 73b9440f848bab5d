"""What happens around every request, a class a file."""
