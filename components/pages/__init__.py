"""Pages for people: one self-contained HTML file each, with plots as inline SVG and nothing loaded from elsewhere."""
