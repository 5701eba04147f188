"""Cổng Dịch vụ công mẫu: a public-service site that signs people in through Định Danh."""
