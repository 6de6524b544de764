using GitOps.ControlPlane.Git;

namespace GitOps.ControlPlane.Tests.Git;

public sealed class GitReferenceTests
{
    [Theory]
    [InlineData("main", "branch 'main'")]
    [InlineData("release/2026.1", "branch 'release/2026.1'")]
    [InlineData("refs/heads/main", "branch 'main'")]
    [InlineData("refs/tags/v1", "tag 'v1'")]
    [InlineData("0123456789abcdef0123456789abcdef01234567", "commit 0123456789abcdef0123456789abcdef01234567")]
    public void A_reference_is_a_branch_a_tag_or_a_full_commit_id(string text, string expected) =>
        Assert.Equal(expected, GitReference.TryParse(text)?.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("-main")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("main.lock")]
    [InlineData("main/")]
    [InlineData("refs/notes/x")]
    [InlineData("a~1")]
    public void What_git_would_not_take_is_no_reference(string text) => Assert.Null(GitReference.TryParse(text));

    [Theory]
    [InlineData("https://user:secret@host/fleet.git", "https://host/fleet.git")]
    [InlineData("ssh://git@host/fleet.git", "ssh://host/fleet.git")]
    [InlineData("git@host:fleet.git", "git@host:fleet.git")]
    [InlineData("/srv/fleet.git", "/srv/fleet.git")]
    public void An_address_is_shown_without_its_password(string address, string shown) =>
        Assert.Equal(shown, new GitSource(address, new GitReference.Branch("main")).DisplayAddress);
}
