"""The poses of the store's embryos: found when first asked for, kept, found again when what they rest on changed.

A row of `embryo_poses` holds the pose as it is in force and, where somebody corrected the orientation, their
rotation; that stays through restarts and recalibrations until it is taken back.
"""

import time
import zlib
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import Engine, select, update
from sqlalchemy.dialects import postgresql, sqlite

from services.database import embryo_poses
from services.embryos import Embryo, EmbryoStore, minutes_of
from services.pose import FORMAT, checked_rotation, described_rotation, pose_of

_MANY = 500  # values in one IN (…), below the limit of every database


class PoseStore:
    """Poses by embryo, as plain values (see `Pose.told`).

    >>> poses = PoseStore(lab.engine, lab.embryos)
    >>> poses.pose_of(lab.embryos.get(id))["rotation"]
    """

    def __init__(self, engine: Engine, embryos: EmbryoStore) -> None:
        self.engine = engine
        self.embryos = embryos

    def pose_of(self, embryo: Embryo) -> dict[str, Any]:
        """The pose of one embryo, deleted ones too."""
        return self.poses_of([embryo])[embryo.id]

    def poses_of(self, embryos: Iterable[Embryo]) -> dict[str, dict[str, Any]]:
        """Poses of many embryos by id; those that aren't known yet take about 30 ms each."""
        embryos = list(embryos)
        kept = self._kept([embryo.id for embryo in embryos])
        poses = {}
        for embryo in embryos:
            row = kept.get(embryo.id)
            if row is not None and row.basis == _basis(embryo):
                poses[embryo.id] = row.pose
            else:
                poses[embryo.id] = self._find(embryo)
        return poses

    def correct(self, id: str, rotation: Any) -> dict[str, Any]:
        """Turn an embryo by hand, for everybody: nine numbers row by row, or None to go back to the names.

        The pose that is then in force. Raises `ValueError("rotation", why)` for what is no proper rotation
        and `NoSuchEmbryo`.
        """
        by_hand = None if rotation is None else checked_rotation(rotation).ravel().tolist()
        embryo = self.embryos.get(id)
        pose = self._computed(embryo, by_hand)
        values = self._values(embryo, pose) | {"by_hand": by_hand}
        with self.engine.begin() as connection:
            connection.execute(
                self._insert.values(embryo=id, **values).on_conflict_do_update(
                    index_elements=[embryo_poses.c.embryo], set_=values
                )
            )
        return pose

    @property
    def _insert(self) -> Any:
        own = {"sqlite": sqlite, "postgresql": postgresql}[self.engine.dialect.name]
        return own.insert(embryo_poses)

    def _kept(self, ids: list[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with self.engine.connect() as connection:
            for start in range(0, len(ids), _MANY):
                query = select(embryo_poses).where(embryo_poses.c.embryo.in_(ids[start : start + _MANY]))
                found |= {row.embryo: row for row in connection.execute(query)}
        return found

    def _find(self, embryo: Embryo) -> dict[str, Any]:
        """Compute and keep a pose; once more if somebody turned the embryo by hand meanwhile."""
        while True:
            row = self._kept([embryo.id]).get(embryo.id)
            by_hand = None if row is None else row.by_hand
            pose = self._computed(embryo, by_hand)
            values = self._values(embryo, pose)
            if row is None:
                write = self._insert.values(embryo=embryo.id, by_hand=None, **values).on_conflict_do_nothing()
            else:
                as_read = (embryo_poses.c.embryo == embryo.id) & (embryo_poses.c.changed == row.changed)
                write = update(embryo_poses).where(as_read).values(**values)
            with self.engine.begin() as connection:
                # RETURNING, for not every database counts the rows of an insert.
                if connection.execute(write.returning(embryo_poses.c.embryo)).first() is not None:
                    return pose

    def _computed(self, embryo: Embryo, by_hand: list[float] | None) -> dict[str, Any]:
        rotation = None if by_hand is None else np.array(by_hand, dtype="float64").reshape(3, 3)
        return pose_of(
            self.embryos.table(embryo.id),
            embryo.pixel_um,
            embryo.plane_um,
            partial(minutes_of, embryo),
            embryo.first_frame,
            rotation,
            described_rotation(embryo.aux_info),
        ).told()

    def _values(self, embryo: Embryo, pose: dict[str, Any]) -> dict[str, Any]:
        return {"basis": _basis(embryo), "pose": pose, "changed": time.time()}


def _basis(embryo: Embryo) -> str:
    """What a pose is computed from, besides the rows, which never change."""
    seconds = zlib.crc32(repr(embryo.frame_seconds).encode())
    scales = f"{embryo.pixel_um:.9g} {embryo.plane_um:.9g} {embryo.interval_s:.9g}"
    described = zlib.crc32(repr(described_rotation(embryo.aux_info)).encode())
    return f"{FORMAT} {scales} {seconds:x} {described:x}"
