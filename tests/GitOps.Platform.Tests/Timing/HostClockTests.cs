using System.Globalization;
using System.Runtime.InteropServices;
using GitOps.Platform.Processes;
using GitOps.Platform.Timing;
using GitOps.TestKit;

namespace GitOps.Platform.Tests.Timing;

public sealed class HostClockTests
{
    [Theory]
    [InlineData(0, true)] // TIME_OK
    [InlineData(1, true)] // TIME_INS
    [InlineData(2, true)] // TIME_DEL
    [InlineData(3, true)] // TIME_OOP
    [InlineData(4, true)] // TIME_WAIT
    [InlineData(5, false)] // TIME_ERROR
    [InlineData(-1, false)] // not allowed to ask
    public void A_clock_is_synchronised_unless_the_kernel_says_error_or_nothing(int state, bool synchronised) =>
        Assert.Equal(synchronised, HostClock.Says(state));

    [Fact]
    [Trait("needs", "perl-base")]
    public async Task The_kernel_is_really_asked()
    {
        var perl = NeedsPackage.OrSkip("perl-base", "perl");
        var number = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? 171 : 159; // adjtimex in the kernel's tables
        var script = string.Create(CultureInfo.InvariantCulture, $"my $timex = \"\\0\" x 512; print syscall({number}, $timex)");

        var answer = await new CommandRunner(TimeProvider.System).RunAsync(
            new Command([perl, "-e", script]), TestContext.Current.CancellationToken);

        Assert.Equal(HostClock.Says(int.Parse(answer.Output, CultureInfo.InvariantCulture)), HostClock.IsSynchronised);
    }
}
