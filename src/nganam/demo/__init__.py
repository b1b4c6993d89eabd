"""The demo province: real facts of Sóc Trăng, people who cannot exist, and agencies' source systems to load from.

Serves whoever tries the platform, and the tests. ``facts`` reads the files of ``data/`` (sources and licences:
``data/nguon.csv``); ``people`` and ``enterprises`` generate from a seed; ``sources`` writes the agencies' source
systems. Nothing here is law and no generated record may be a real person's. Only ``nganam.site`` may import it.
"""
