from tests.gateway.cells.other.contract import Other


class OtherCell(Other):
    async def greet(self):
        return "hello"
