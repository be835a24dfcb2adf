"""Tables, repositories, migrations and the object store. The only room that knows SQLAlchemy."""
