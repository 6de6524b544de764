using GitOps.ControlPlane.Identity;

namespace GitOps.ControlPlane.Tests.Identity;

public sealed class RunWatchTests
{
    [Theory]
    [InlineData("aaaa", false)]
    [InlineData("aabbcc", false)] // restarts
    [InlineData("aabab", true)]
    [InlineData("aba", false)] // one that was long on its way
    [InlineData("abcabc", true)]
    [InlineData("abcdefghij", false)]
    public void Two_machines_come_back_to_earlier_runs_and_a_restart_never_does(string runs, bool isShown)
    {
        var watch = new RunWatch();

        Assert.Equal(isShown, runs.ToList().Exists(run => watch.Hear("press-1", run.ToString())));
        Assert.False(watch.Hear("press-2", "a"));
    }
}
