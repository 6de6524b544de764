using System.Net;
using GitOps.ControlPlane.Identity;

namespace GitOps.ControlPlane.Tests.Identity;

public sealed class EnrolmentGateTests
{
    [Fact]
    public void Beyond_its_bound_addresses_share_one_allowance_and_those_that_waited_long_enough_make_room()
    {
        var gate = new EnrolmentGate();
        var now = DateTimeOffset.UnixEpoch;
        for (var i = 0; i < 10_000; i++)
        {
            Refuse(Address(i), now, times: 3);
        }

        // Full: whoever comes now is counted together, whatever address it has.
        Refuse(Address(10_001), now, times: 12);
        Refuse(Address(10_002), now, times: 12);
        Assert.NotNull(gate.Enter(Address(10_003), now));
        Assert.Null(gate.Enter(Address(1), now)); // one that is known has its own

        // A minute later those before are forgotten, and a newcomer has an allowance of its own again.
        now += TimeSpan.FromMinutes(1);
        Refuse(Address(10_004), now, times: 25);
        Assert.NotNull(gate.Enter(Address(10_004), now));
        Assert.Null(gate.Enter(Address(10_005), now));

        void Refuse(IPAddress from, DateTimeOffset at, int times)
        {
            for (var i = 0; i < times; i++)
            {
                gate.Refused(from, at);
            }
        }

        static IPAddress Address(int i) => new([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]);
    }
}
