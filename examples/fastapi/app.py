"""The HTTP upstream of the example configuration: two paths, so that one sees where a request arrived."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/one")
def one():
    return {"message": "one"}


@app.get("/")
def two():
    return {"message": "two"}
