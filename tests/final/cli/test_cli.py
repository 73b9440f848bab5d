"""The command line."""

import pytest

from final.users.schemas import UserRegister
from tests.support.cli import run
from tests.support.server import PASSWORD, Server


class TestCreateAdmin:
    def test_asks_for_everything(self, server: Server) -> None:
        typed = f"root\nroot@example.com\n{PASSWORD}\n{PASSWORD}\n"
        result = run("create-admin", typed=typed)
        assert result.exit_code == 0, result.output
        assert PASSWORD not in result.output
        headers = {"Authorization": f"Bearer {server.log_in('root').json()['access_token']}"}
        assert server.client.get("/users/me", headers=headers).json()["role"] == "admin"

    def test_takes_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
        result = run("create-admin", "--username", "root", "--email", "root@example.com")
        assert (result.exit_code, result.output) == (0, "root is an administrator now.\n")

    def test_says_what_is_wrong(self) -> None:
        options = ["--username", "r", "--email", "nowhere", "--password", "password1"]
        result = run("create-admin", *options)
        assert result.exit_code == 1
        assert {line.split(":")[0] for line in result.output.splitlines()} == {
            "username",
            "email",
            "password",
        }

    def test_says_that_a_name_is_taken(self, server: Server) -> None:
        server.register("root")
        options = ["--username", "ROOT", "--email", "r@example.com", "--password", PASSWORD]
        result = run("create-admin", *options)
        assert (result.exit_code, result.output) == (1, "This username is already taken\n")


class TestMigrate:
    def test_can_be_repeated(self) -> None:
        for _ in range(2):
            result = run("migrate")
            assert (result.exit_code, result.output) == (
                0,
                "The database schema is up to date.\n",
            )

    def test_comes_first_in_production(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ENVIRONMENT", "production")
        monkeypatch.setenv("BCRYPT_ROUNDS", "10")
        options = ["--username", "root", "--email", "r@example.com", "--password", PASSWORD]
        result = run("create-admin", *options)
        assert result.exit_code == 1
        assert "run `migrate` first" in result.output
        run("migrate")
        assert run("create-admin", *options).exit_code == 0


class TestDemo:
    def test_fills_the_database_once(self, server: Server) -> None:
        first, second = run("demo", "--password", PASSWORD), run("demo")
        assert "Added lovelace (administrator), grace," in first.output
        assert "there already" in second.output
        assert server.log_in("lovelace").status_code == 200
        assert len(server.get("/users?limit=100").json()) == 12

    def test_promotes_nobody_who_was_there_before(self, server: Server) -> None:
        server.register("lovelace")
        assert "Added grace, alan" in (output := run("demo").output)
        assert "administrator" not in output

    def test_leaves_the_name_of_the_documentation_free(self, server: Server) -> None:
        run("demo")
        (example,) = UserRegister.model_json_schema()["examples"]
        assert server.client.post("/auth/register", json=example).status_code == 201

    def test_makes_up_a_password(self, server: Server) -> None:
        password = run("demo").output.split("password: ")[1].strip()
        assert server.log_in("grace", password).status_code == 200

    def test_stays_out_of_production(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ENVIRONMENT", "production")
        monkeypatch.setenv("BCRYPT_ROUNDS", "10")
        assert run("demo").exit_code == 1
