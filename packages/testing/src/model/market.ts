import type { Address } from '@kedge/core';
import { approveAsset, eth, moveEth, pullAsset, sendEth } from './assets.js';
import { inside, type Call, type Handlers } from './call.js';
import { requireClass } from './classes.js';
import { costUp, mintFromLot, requireLot } from './lots.js';
import { refuse } from './revert.js';
import { keyOf, type Listing, type World } from './world.js';

const closed: Listing = { open: false, supply: 0n, expireAt: 0n };

export function listingOf(world: World, classId: bigint, lot: number): Listing {
  return world.listings.get(keyOf(classId, lot)) ?? closed;
}

export function marketHandlers(world: World): Handlers {
  const { market: self, token } = world.addresses;
  const requireIssuer = (classId: bigint, caller: Address) => {
    if (requireClass(world, classId).issuer !== caller) refuse('ValueMarketNotIssuer', classId, caller);
  };
  return {
    openListing({ sender }: Call, classId: bigint, lot: number, supply: bigint, expireAt: bigint) {
      requireIssuer(classId, sender);
      const { seller } = requireLot(world, classId, lot).terms;
      if (seller !== self) refuse('ValueMarketNotSeller', classId, lot, seller);
      world.listings.set(keyOf(classId, lot), { open: true, supply, expireAt });
      world.emit(self, 'ListingOpened', classId, lot, supply, expireAt);
    },
    closeListing({ sender }: Call, classId: bigint, lot: number) {
      requireIssuer(classId, sender);
      if (!listingOf(world, classId, lot).open) refuse('ValueMarketNotListed', classId, lot);
      world.listings.delete(keyOf(classId, lot));
      world.emit(self, 'ListingClosed', classId, lot);
    },
    buy({ sender, value }: Call, classId: bigint, lot: number, units: bigint, to: Address, maxCost: bigint) {
      return inside(world, self, () => {
        const listing = listingOf(world, classId, lot);
        if (!listing.open) refuse('ValueMarketNotListed', classId, lot);
        if (units > listing.supply) refuse('ValueMarketSoldOut', classId, lot, listing.supply, units);
        world.listings.set(keyOf(classId, lot), { ...listing, supply: listing.supply - units });
        const { terms } = requireLot(world, classId, lot);
        const cost = costUp(terms, units);
        if (cost > maxCost) refuse('ValueMarketTooExpensive', cost, maxCost);
        if (terms.asset === eth ? value < cost : value !== 0n) refuse('ValueMarketWrongPayment', cost, value);
        if (terms.asset === eth) {
          moveEth(world, self, token, cost);
        } else {
          const received = pullAsset(world, terms.asset, self, sender, cost);
          if (received !== cost) refuse('ValueMarketWrongPayment', cost, received);
          approveAsset(world, terms.asset, self, token, cost);
        }
        const sale = { classId, lot, to, units, expireAt: listing.expireAt };
        const tokenId = mintFromLot(world, { sender: self, value: terms.asset === eth ? cost : 0n }, sale);
        world.emit(self, 'ValueBought', tokenId, sender, to, units, terms.asset, cost);
        const surplus = value - cost;
        if (terms.asset === eth && surplus > 0n && !sendEth(world, self, sender, surplus)) {
          refuse('ValueMarketSurplusRefused', sender, surplus);
        }
        return [tokenId, cost];
      });
    },
    listingOf: (_: Call, classId: bigint, lot: number) => listingOf(world, classId, lot),
  };
}
