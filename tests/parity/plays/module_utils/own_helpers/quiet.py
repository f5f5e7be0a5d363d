def quiet(text):
    return text.lower()
