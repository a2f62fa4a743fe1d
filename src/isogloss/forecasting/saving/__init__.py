"""Fitted forecasters as folders of JSON, arrays, tables and the text of trees: nothing in them is ever run."""
