"""The Textual app: screens, widgets, and one panel that serves every analyzer."""
