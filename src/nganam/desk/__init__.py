"""An officer's home: inbox, clocks, audit and monitoring pages."""
